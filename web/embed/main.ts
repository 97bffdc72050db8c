import './embed-element';
