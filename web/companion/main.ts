import './companion-page';
