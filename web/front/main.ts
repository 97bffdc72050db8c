import './front-page';
